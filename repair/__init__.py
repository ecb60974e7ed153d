"""Programs for whoever operates a deployed stack, or the one on this machine (`--endpoint`)."""
