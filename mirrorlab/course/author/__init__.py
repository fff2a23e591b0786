"""What makes and proves the exercises."""
