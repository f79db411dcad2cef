//! Clients that ask again as soon as they are answered.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::wire::Connection;

/// Answers per second to `clients` kept connections that send `request` again and again.
pub(super) async fn rate(
    address: SocketAddr,
    request: &[u8],
    status: u16,
    clients: usize,
    duration: Duration,
) -> anyhow::Result<f64> {
    // Caches, pools and the log of the database reach their size.
    closed_loop(address, request, status, clients, duration / 4).await?;
    let began = Instant::now();
    let answers = closed_loop(address, request, status, clients, duration).await?;
    Ok(per_second(answers, began.elapsed()))
}

async fn closed_loop(
    address: SocketAddr,
    request: &[u8],
    status: u16,
    clients: usize,
    duration: Duration,
) -> anyhow::Result<usize> {
    let end = Instant::now() + duration;
    let client = async || {
        let mut connection = Connection::open(address).await?;
        let mut answers = 0;
        while Instant::now() < end {
            connection.expect(request, status).await?;
            answers += 1;
        }
        anyhow::Ok(answers)
    };
    let clients = futures::future::try_join_all((0..clients).map(|_| client())).await?;
    Ok(clients.into_iter().sum())
}

pub(super) fn per_second(count: usize, time: Duration) -> f64 {
    as_f64(count) / time.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
pub(super) fn as_f64(count: usize) -> f64 {
    count as f64
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Sorted samples.
pub(super) struct Samples(Vec<Duration>);

impl Samples {
    pub(super) fn new(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// In milliseconds: what `percent` of the samples do not exceed.
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).map_or(f64::NAN, |sample| millis(*sample))
    }
}
