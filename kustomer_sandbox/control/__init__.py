"""What tests control: switches, live changes, the true records, the process."""
