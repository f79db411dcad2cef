//! Which attempt to run.

use std::{
    fmt::Display,
    io::{BufRead, Read},
    str::FromStr,
};

use agent_runner_domain::{
    JobId, Lease,
    ports::{LaunchKey, Ticket},
};
use serde::Deserialize;

use crate::environment::Environment;

/// No order is longer; whoever sends more is nobody we know.
const LINE_BYTES_MAX: u64 = 4_096;

/// As a launcher gives it, by the environment or as a line of JSON.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    job_id: JobId,
    attempt: u32,
    lease: Lease,
}

impl Order {
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, String> {
        let [id, attempt, lease] = &environment.job;
        Ok(Self { job_id: parse(id)?, attempt: parse(attempt)?, lease: parse(lease)? })
    }

    /// `None`: the input has ended, there is nothing to do.
    pub(crate) fn from_line(input: &mut impl BufRead) -> Result<Option<Self>, String> {
        let mut line = String::new();
        let read = input.take(LINE_BYTES_MAX).read_line(&mut line);
        if read.map_err(|error| format!("the order cannot be read: {error}"))? == 0 {
            return Ok(None);
        }
        serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| format!("the order is wrong: {error}"))
    }

    pub(crate) fn ticket(&self) -> Ticket {
        let key = LaunchKey { job: self.job_id, attempt: self.attempt };
        Ticket { key, lease: self.lease }
    }
}

fn parse<T: FromStr<Err: Display>>(variable: &(&str, Option<String>)) -> Result<T, String> {
    let (name, value) = variable;
    let value = value.as_ref().ok_or_else(|| format!("{name} is not set"))?;
    value.parse().map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_line_and_nothing_is_no_order() {
        let id = JobId::from_u128(7);
        let line = format!("{{\"job_id\":\"{id}\",\"attempt\":2,\"lease\":\"{:032x}\"}}\nmore", 9);
        let order = Order::from_line(&mut line.as_bytes()).unwrap().unwrap();
        assert_eq!(order.ticket().key, LaunchKey { job: id, attempt: 2 });
        assert!(Order::from_line(&mut &b""[..]).unwrap().is_none());
        for wrong in ["{}\n", "\n", "null", "{\"job_id\":", "\u{0}"] {
            assert!(Order::from_line(&mut wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        let endless = vec![b'['; 100_000];
        assert!(Order::from_line(&mut &endless[..]).is_err());
        assert!(Order::from_line(&mut &[0xFF, b'\n'][..]).is_err());
    }
}
