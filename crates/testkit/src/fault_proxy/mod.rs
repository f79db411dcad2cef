//! A proxy in front of an AWS emulator that lets calls go wrong: as often as told and as a seed decides, or all those
//! to one service.
//!
//! The same seed gives the same sequence of fates; which call meets which one depends on the order in which they
//! arrive, as it does on a real network.

mod forward;
mod outage;
mod replies;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use fastrand::Rng;
use http_body_util::Full;
use hyper::{
    Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

pub use self::outage::{Answer, Outage};

/// How many of a thousand calls go wrong in which way.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// Answered late, by up to [`Faults::delay_max`].
    pub delayed: u32,
    pub delay_max: Duration,
    /// The connection ends before the call was carried out.
    pub reset: u32,
    /// The call is carried out, and its answer is lost.
    pub answer_lost: u32,
    /// Refused because there are too many.
    pub throttled: u32,
    /// Refused with the service's own failure.
    pub failed: u32,
}

impl Faults {
    pub const NONE: Self = Self {
        delayed: 0,
        delay_max: Duration::ZERO,
        reset: 0,
        answer_lost: 0,
        throttled: 0,
        failed: 0,
    };
    /// A bad day.
    pub const MANY: Self = Self {
        delayed: 50,
        delay_max: Duration::from_millis(300),
        reset: 15,
        answer_lost: 15,
        throttled: 30,
        failed: 15,
    };
}

/// What a call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Well,
    Delayed(Duration),
    Reset,
    AnswerLost,
    Throttled,
    Failed,
}

/// Stops when it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    site: Arc<Site>,
    _accepting: AbortOnDropHandle<()>,
}

struct Site {
    upstream: SocketAddr,
    faults: Faults,
    rng: Mutex<Rng>,
    is_calm: AtomicBool,
    /// By the name that calls are signed with.
    outages: Mutex<HashMap<&'static str, Outage>>,
    calls: AtomicU64,
    faulty: AtomicU64,
}

impl FaultProxy {
    /// Listens on a free port of loopback, in front of `upstream`.
    ///
    /// # Panics
    /// When no port can be listened on.
    pub async fn start(upstream: SocketAddr, seed: u64, faults: Faults) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let site = Arc::new(Site {
            upstream,
            faults,
            rng: Mutex::new(Rng::with_seed(seed)),
            is_calm: AtomicBool::new(false),
            outages: Mutex::default(),
            calls: AtomicU64::new(0),
            faulty: AtomicU64::new(0),
        });
        let accepting = AbortOnDropHandle::new(tokio::spawn(accept(listener, site.clone())));
        Self { address, site, _accepting: accepting }
    }

    /// For `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on nothing goes wrong (`true`), or what was told (`false`).
    pub fn calm(&self, is_calm: bool) {
        self.site.is_calm.store(is_calm, Relaxed);
    }

    /// From now on no call to this service is carried out, until [`FaultProxy::repair`]. It is named as calls to it are
    /// signed: `dynamodb`, `sqs`, `s3`.
    pub fn fail(&self, service: &'static str, outage: Outage) {
        self.site.outages().insert(service, outage);
    }

    pub fn repair(&self, service: &str) {
        self.site.outages().remove(service);
    }

    /// How many calls there were, and how many of them went wrong.
    #[must_use]
    pub fn calls(&self) -> (u64, u64) {
        (self.site.calls.load(Relaxed), self.site.faulty.load(Relaxed))
    }
}

async fn accept(listener: TcpListener, site: Arc<Site>) {
    while let Ok((connection, _)) = listener.accept().await {
        let site = site.clone();
        let service = service_fn(move |request| {
            let site = site.clone();
            async move { site.answer(request).await }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

/// What makes hyper end the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

impl Site {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        self.calls.fetch_add(1, Relaxed);
        let outage =
            outage::service(request.headers()).and_then(|it| self.outages().get(it).cloned());
        if let Some(outage) = outage {
            self.faulty.fetch_add(1, Relaxed);
            return outage.answer(request.headers());
        }
        let fate = self.fate();
        if fate != Fate::Well {
            self.faulty.fetch_add(1, Relaxed);
        }
        match fate {
            Fate::Well => self.forward(request).await,
            Fate::Delayed(by) => {
                tokio::time::sleep(by).await;
                self.forward(request).await
            }
            Fate::Reset => Err(Cut),
            Fate::AnswerLost => {
                self.forward(request).await?;
                Err(Cut)
            }
            Fate::Throttled => Ok(replies::throttled(request.headers())),
            Fate::Failed => Ok(replies::failed(request.headers())),
        }
    }

    fn outages(&self) -> MutexGuard<'_, HashMap<&'static str, Outage>> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        forward::forward(self.upstream, request).await.map_err(|_| Cut)
    }

    fn fate(&self) -> Fate {
        if self.is_calm.load(Relaxed) {
            return Fate::Well;
        }
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let Faults { delayed, delay_max, reset, answer_lost, throttled, failed } = self.faults;
        let mut drawn = rng.u32(0..1000);
        let delay = delay_max.mul_f64(rng.f64());
        let fates = [
            (delayed, Fate::Delayed(delay)),
            (reset, Fate::Reset),
            (answer_lost, Fate::AnswerLost),
            (throttled, Fate::Throttled),
            (failed, Fate::Failed),
        ];
        for (share, fate) in fates {
            if drawn < share {
                return fate;
            }
            drawn -= share;
        }
        Fate::Well
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    /// A service that counts its calls, behind a proxy.
    async fn behind(faults: Faults) -> (FaultProxy, Arc<AtomicU64>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap();
        let carried_out = Arc::new(AtomicU64::new(0));
        let counter = carried_out.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let counter = counter.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    counter.fetch_add(1, Relaxed);
                    let body = request.into_body().collect();
                    async move {
                        Ok::<_, hyper::Error>(Response::new(Full::new(body.await?.to_bytes())))
                    }
                });
                tokio::spawn(
                    http1::Builder::new().serve_connection(TokioIo::new(connection), service),
                );
            }
        });
        (FaultProxy::start(upstream, 7, faults).await, carried_out)
    }

    async fn ask(proxy: &FaultProxy) -> Option<(u16, String)> {
        let signed = "AWS4-HMAC-SHA256 Credential=K/20261121/eu-west-1/dynamodb/aws4_request, SignedHeaders=host";
        let request = Request::post("/")
            .header("host", "localhost")
            .header("x-amz-target", "DynamoDB_20120810.GetItem")
            .header("authorization", signed)
            .body(Full::new(Bytes::from("hello")))
            .unwrap();
        let answer = forward::exchange(proxy.address, request).await.ok()?;
        let text =
            String::from_utf8(answer.body().clone().collect().await.unwrap().to_bytes().into());
        Some((answer.status().as_u16(), text.unwrap()))
    }

    #[tokio::test]
    async fn what_is_well_passes_unchanged() {
        let (proxy, carried_out) = behind(Faults::NONE).await;
        assert_eq!(ask(&proxy).await, Some((200, "hello".to_owned())));
        assert_eq!((carried_out.load(Relaxed), proxy.calls()), (1, (1, 0)));
    }

    #[tokio::test]
    async fn a_reset_call_was_not_carried_out_and_one_with_a_lost_answer_was() {
        let (proxy, carried_out) = behind(Faults { reset: 1000, ..Faults::NONE }).await;
        assert_eq!((ask(&proxy).await, carried_out.load(Relaxed)), (None, 0));
        let (proxy, carried_out) = behind(Faults { answer_lost: 1000, ..Faults::NONE }).await;
        assert_eq!((ask(&proxy).await, carried_out.load(Relaxed)), (None, 1));
        proxy.calm(true);
        assert!(ask(&proxy).await.is_some());
    }

    #[tokio::test]
    async fn refusals_speak_the_services_language() {
        let (proxy, carried_out) = behind(Faults { throttled: 1000, ..Faults::NONE }).await;
        let (status, text) = ask(&proxy).await.unwrap();
        assert_eq!((status, carried_out.load(Relaxed)), (400, 0));
        assert!(text.contains("ProvisionedThroughputExceededException"), "{text}");
    }

    #[tokio::test]
    async fn one_service_is_away_until_it_is_repaired() {
        let (proxy, carried_out) = behind(Faults::NONE).await;
        proxy.fail("dynamodb", Outage::Cut);
        assert_eq!(ask(&proxy).await, None);
        let words = Answer::json(400, "ExpiredTokenException", "it has expired");
        proxy.fail("dynamodb", Outage::Says(words.clone().with_header("date", "then")));
        assert_eq!(ask(&proxy).await, Some((400, words.body)));
        proxy.fail("sqs", Outage::Failed);
        proxy.repair("dynamodb");
        assert_eq!(ask(&proxy).await, Some((200, "hello".to_owned())));
        assert_eq!((carried_out.load(Relaxed), proxy.calls()), (1, (3, 2)));
    }
}
