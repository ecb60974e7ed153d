"""The command line for operators of a stack: `python -m ops COMMAND`."""
