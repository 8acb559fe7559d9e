"""Cards that an insurer makes on its own machine: who gets one, its secret, the picture to print."""
