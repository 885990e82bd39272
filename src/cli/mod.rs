//! What was typed, what it means, what is printed and how the process ends.
