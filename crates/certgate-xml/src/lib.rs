//! The XML gateway's envelopes: tasks to bytes and back.
