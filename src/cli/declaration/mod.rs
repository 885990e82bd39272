//! How a declaration comes about: the questions, with why each is asked, and the dialogue.
//!
//! The dialogue reads lines and says texts, whatever they come from and go to. It knows no rule of its
//! own: an answer is good when the reader of declarations has nothing against the file so far. What it
//! gives is the text of a file, in which everything that was left out stands as a comment.

mod dialogue;
mod question;

pub use dialogue::converse;
