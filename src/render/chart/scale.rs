//! Scales: from a value to a place in the drawing.
