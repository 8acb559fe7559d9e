"""What only a sandbox does beside the platform's business."""
