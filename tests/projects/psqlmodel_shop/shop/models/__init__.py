"""The shop's tables, one module for each part of the business."""
