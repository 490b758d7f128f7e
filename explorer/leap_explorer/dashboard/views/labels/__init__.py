"""Labels: doubtful labels, reviewed one by one."""
