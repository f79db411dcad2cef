//! The way to a model: whose it is, the client that reaches it, and what it costs.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use agent_runner_domain::{
    job::{CauseKind, Failure},
    money::Money,
    ports::Secret,
};
use agent_runner_llm::{Cost, Model, Options, Prices, Provider, Request, RetryPolicy, Usage};
use tokio::sync::OnceCell;

use crate::Context;

const PRICES_SETTING: &str = "AGENT_RUNNER_PRICES";

/// What all calls of an attempt share.
#[derive(Default)]
pub(in crate::context) struct Switchboard {
    calls: AtomicU32,
    clients: Mutex<HashMap<&'static str, Arc<dyn Model>>>,
    prices: OnceCell<Arc<Prices>>,
    pub(super) demo_said: AtomicBool,
}

impl Switchboard {
    /// The number of the next call, from 1.
    pub(super) fn next_call(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The way to one model.
pub(super) struct Route {
    pub(super) provider: Provider,
    /// As the provider calls it.
    pub(super) model: String,
    pub(super) client: Arc<dyn Model>,
    prices: Arc<Prices>,
}

/// What a call costs. `Err` says why that is not known.
pub(super) type Price = Result<Money, String>;

impl Route {
    pub(super) async fn find(context: &Context, model: &str) -> Result<Self, Failure> {
        let (provider, model) =
            Provider::of_model(model).map_err(|error| unusable(error.to_string()))?;
        let (client, prices) = tokio::try_join!(client(context, provider), prices(context))?;
        Ok(Self { provider, model: model.to_owned(), client, prices })
    }

    /// What a call of a model with this name did cost, which need not be the name that was asked for.
    pub(super) fn price(&self, answered_by: &str, usage: &Usage) -> Price {
        if self.provider.is_local {
            return Ok(Money::ZERO);
        }
        let price = |model: &str| money(self.prices.cost(self.provider.name, model, usage));
        // Whoever answers under a name of its own still answers for the model that was asked.
        price(answered_by).or_else(|reason| price(&self.model).map_err(|_| reason))
    }

    /// The most that a call can cost if its prompt has at most so many tokens.
    pub(super) fn price_max(&self, request: &Request, prompt_tokens: u64) -> Price {
        if self.provider.is_local {
            return Ok(Money::ZERO);
        }
        let (name, model) = (self.provider.name, &self.model);
        let output_tokens = request.max_tokens.into();
        if self.provider.may_write_cache(request) {
            return money(self.prices.cost_max(name, model, prompt_tokens, output_tokens));
        }
        let usage = Usage { input_tokens: prompt_tokens, output_tokens, ..Usage::default() };
        money(self.prices.cost(name, model, &usage))
    }
}

fn money(cost: Cost) -> Price {
    match cost {
        Cost::Priced { nanodollars } => Ok(Money::from_nanodollars(nanodollars)),
        Cost::Unpriced { reason } => Err(reason),
    }
}

async fn prices(context: &Context) -> Result<Arc<Prices>, Failure> {
    let prices = context.switchboard.prices.get_or_try_init(|| async {
        let Some(overrides) = context.setting(PRICES_SETTING).await? else {
            return Ok(Arc::new(Prices::built_in()));
        };
        Prices::overridden_by(overrides.reveal()).map(Arc::new).map_err(|problem| {
            let message = format!("the price file of `{PRICES_SETTING}` is wrong: {problem}");
            Failure::lasting(CauseKind::HandlerError, message)
        })
    });
    prices.await.cloned()
}

/// Clients are made when they are first needed: a worker that asks no model does without.
async fn client(context: &Context, provider: Provider) -> Result<Arc<dyn Model>, Failure> {
    let clients = || context.switchboard.clients.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = clients().get(provider.name) {
        return Ok(client.clone());
    }
    let (key, base) =
        tokio::try_join!(context.setting(provider.key_name), context.setting(provider.base_name))?;
    let reveal = |secret: &Option<Secret>| secret.as_ref().map(|text| text.reveal().to_owned());
    let given = |name: &str| reveal(if name == provider.key_name { &key } else { &base });
    let client = provider.connect(given, options()).map_err(|error| unusable(error.to_string()))?;
    clients().insert(provider.name, client.clone());
    Ok(client)
}

/// An answer that breaks off is asked for again, whatever was told of it: the log says so.
fn options() -> Options {
    let retry = RetryPolicy { restart_streams: true, ..RetryPolicy::default() };
    Options { retry, ..Options::default() }
}

fn unusable(message: String) -> Failure {
    Failure::lasting(CauseKind::InvalidPayload, message)
}
