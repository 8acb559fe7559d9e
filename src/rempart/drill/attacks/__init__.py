"""What attackers do, each a file: what they hold, what they try, and every byte that came back."""
