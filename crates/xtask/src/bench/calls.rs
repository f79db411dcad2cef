//! (f) What our client of models adds to the calls that it makes, whole and streamed.
//!
//! A bare HTTP client sends the same requests and reads the answers without understanding them. Both keep their
//! connections and take turns, so that whatever else the machine does hits both. The simulator answers at once.

use std::time::{Duration, Instant};

use agent_runner_llm::{Anthropic, Auth, Key, Model, Options, Request, Response};
use anyhow::{Context, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use super::{
    Bed, Part,
    load::{Samples, as_f64},
    report::{Figure, Report, Unit},
    simulator::{KEY, MODEL, Simulator},
};

const MAX_TOKENS: u32 = 4_096;
/// Of both clients, before anything counts.
const WARM_UP: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Streamed,
}

/// The two that are compared.
struct Clients {
    ours: Anthropic,
    bare: reqwest::Client,
    url: String,
}

/// What calls of one client took.
#[derive(Default)]
struct Series {
    took: Vec<Duration>,
    computed: Duration,
}

/// The same calls, made by both.
struct Compared {
    ours: Series,
    bare: Series,
    tokens: f64,
}

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let simulator = Simulator::start::<&str>(bed, &[])?;
    let clients = Clients::new(&simulator.url)?;
    let whole = compare(&clients, Form::Whole, "Write 100 words.", bed.size(3_000, 300)).await?;
    whole.report(&format!("model call, {} tokens in one answer", whole.tokens), report);
    let prompt = "Write 1000 words.";
    let streamed = compare(&clients, Form::Streamed, prompt, bed.size(1_000, 50)).await?;
    streamed.report(&format!("model call, stream of {} tokens", streamed.tokens), report);
    streamed.report_per_token(report);
    Ok(())
}

async fn compare(
    clients: &Clients,
    form: Form,
    prompt: &str,
    times: usize,
) -> anyhow::Result<Compared> {
    let request = Request::new(MODEL, MAX_TOKENS).user(prompt);
    let body = body(form, prompt);
    let mut tokens = 0;
    let (mut ours, mut bare) = (Series::default(), Series::default());
    for turn in 0..WARM_UP + times {
        if turn == WARM_UP {
            (ours, bare) = (Series::default(), Series::default());
        }
        let response = ours.time(clients.ask(form, &request)).await?;
        let bytes = bare.time(clients.ask_bare(&body)).await?;
        ensure!(bytes > response.text().len(), "the bare client got no answer");
        tokens = response.usage.context("an answer without its usage")?.output_tokens;
    }
    Ok(Compared { ours, bare, tokens: as_f64(usize::try_from(tokens)?) })
}

/// As our client writes it.
fn body(form: Form, prompt: &str) -> String {
    let content = json!([{"type": "text", "text": prompt}]);
    let messages = json!([{"role": "user", "content": content}]);
    let mut body = json!({"model": MODEL, "max_tokens": MAX_TOKENS, "messages": messages});
    if form == Form::Streamed {
        body["stream"] = true.into();
    }
    body.to_string()
}

impl Clients {
    fn new(url: &str) -> anyhow::Result<Self> {
        let auth = Auth::ApiKey(Key::new(KEY));
        // It chooses the cryptography, too, without which no HTTP client can be made.
        let ours = Anthropic::new("anthropic", url, auth, Options::default())?;
        let bare = reqwest::Client::builder().tcp_nodelay(true).tls_certs_only([]).build()?;
        Ok(Self { ours, bare, url: format!("{url}/v1/messages") })
    }

    async fn ask(&self, form: Form, request: &Request) -> anyhow::Result<Response> {
        Ok(match form {
            Form::Whole => self.ours.complete(request).await?,
            Form::Streamed => self.ours.stream(request).await?.finish().await?,
        })
    }

    /// How many bytes came.
    async fn ask_bare(&self, body: &str) -> anyhow::Result<usize> {
        let request = self.bare.post(&self.url).header("x-api-key", KEY);
        let request = request.header("anthropic-version", "2026-10-21");
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let mut response = request.send().await?.error_for_status()?;
        let mut bytes = 0;
        while let Some(part) = response.chunk().await? {
            bytes += part.len();
        }
        Ok(bytes)
    }
}

impl Series {
    async fn time<T>(
        &mut self,
        call: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let (began, before) = (Instant::now(), computed());
        let answer = call.await?;
        self.computed += computed().saturating_sub(before);
        self.took.push(began.elapsed());
        Ok(answer)
    }

    /// Processor time of one call, in microseconds.
    fn computed_micros(&self) -> f64 {
        self.computed.as_secs_f64() * 1e6 / as_f64(self.took.len())
    }

    fn micros(&self, percent: usize) -> f64 {
        Samples::new(self.took.clone()).percentile(percent) * 1_000.0
    }
}

/// Processor time of this thread, on which all of both clients runs.
fn computed() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

impl Compared {
    fn report(&self, what: &str, report: &mut Report) {
        for percent in [50, 99] {
            let took = |series: &Series| series.micros(percent);
            self.add(format!("{what}, p{percent}"), took, report);
        }
        let what = format!("{what}, processor time of the client");
        self.add(what, Series::computed_micros, report);
    }

    fn report_per_token(&self, report: &mut Report) {
        let took = |series: &Series| series.micros(50) / self.tokens;
        self.add("a token of a stream".into(), took, report);
        let computed = |series: &Series| series.computed_micros() / self.tokens;
        self.add("a token of a stream, processor time of the client".into(), computed, report);
    }

    fn add(&self, what: String, of: impl Fn(&Series) -> f64, report: &mut Report) {
        let figure = Figure::new(Part::F, what, of(&self.ours), Unit::Microseconds);
        report.add(figure.floor("bare reqwest", of(&self.bare)));
    }
}
