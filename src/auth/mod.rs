//! Signs a resolved request. One file a scheme; nothing here fetches.
