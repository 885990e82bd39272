//! The user's files: Postman collections, environments, globals and data files.
