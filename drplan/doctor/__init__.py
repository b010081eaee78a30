"""What a platform is like, as far as reading shows it; what is found decides nothing by itself."""
