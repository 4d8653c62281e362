//! The client: chosen codec, real transport, workflows driven.
