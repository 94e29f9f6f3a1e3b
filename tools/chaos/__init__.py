"""One real gate and its travellers, while what it stands on breaks and comes back."""
