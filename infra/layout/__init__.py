"""Where a stack lies: its folders, ports and addresses, and the versions of its servers."""
