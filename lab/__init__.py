"""The lab: a Godwit cluster on one machine, hosts as namespaces. docs/lab.md tells the whole."""
