//! What the ports' documentation promises, as one function per promise.
//!
//! A suite's macro makes each of them a test of its own, so that a report names the broken promise.
