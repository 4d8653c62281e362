//! The JSON REST API: tasks to requests and back.
