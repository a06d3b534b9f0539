"""What makes a function or an object a scorer: its arguments, its values, its errors, its digest."""
