"""The whole service on one machine: the deployed template in an AWS emulator, with what the emulator lacks in front."""
