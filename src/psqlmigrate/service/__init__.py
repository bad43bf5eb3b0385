"""What the commands do; results are frozen values, nothing prints, nothing exits."""
