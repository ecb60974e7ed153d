"""`make generate`: writes everything in this repository that repeats something else.

A block between two markers, a comment `generated: SOURCE` and a comment `end of generated`, is written wherever it
is: in template.yaml, in functions/edge and in the documents. Terraform's variables and outputs are whole files.
"""
