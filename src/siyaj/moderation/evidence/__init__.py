"""What is kept, sealed, shown and handed over of what was decided on; and when it goes."""
