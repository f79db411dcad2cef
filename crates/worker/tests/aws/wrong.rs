//! What cannot work is said at the start, with what to do, and in the causes of jobs.

mod answers;
mod configured;
mod jobs;
