//! What a call did cost, from what is known of it.

use agent_runner_domain::{
    event::EventBody,
    job::Failure,
    money::Money,
    ports::{CallKey, Charge, Tokens},
};
use agent_runner_llm::{Request, Response, Spent, Usage};

use super::{
    bound::{prompt_tokens_guessed, tokens_of_chars},
    route::{Price, Route},
};
use crate::{
    Context,
    context::patience::{failed, insist},
};

/// The bill of one call.
pub(super) struct Bill {
    model: String,
    usage: Usage,
    price: Price,
    /// Nobody has counted all of it.
    is_guessed: bool,
}

impl Bill {
    pub(super) fn of_answer(route: &Route, request: &Request, response: &Response) -> Self {
        let model = response.model.clone();
        if let Some(usage) = &response.usage {
            return Self::new(route, &model, usage.clone(), false);
        }
        let streamed_chars = response.text().chars().count() as u64;
        Self::of_spent(route, request, &Spent { model, streamed_chars, ..Spent::default() })
    }

    /// Of a call that broke off: what the provider had counted, and what had arrived since.
    pub(super) fn of_spent(route: &Route, request: &Request, spent: &Spent) -> Self {
        let mut usage = spent.usage.clone();
        if usage.prompt_tokens() == 0 {
            usage.input_tokens = prompt_tokens_guessed(request);
        }
        let arrived = tokens_of_chars(spent.streamed_chars).min(request.max_tokens.into());
        usage.output_tokens = usage.output_tokens.max(arrived);
        Self::new(route, &spent.model, usage, true)
    }

    fn new(route: &Route, model: &str, usage: Usage, is_guessed: bool) -> Self {
        let model = if model.is_empty() { &route.model } else { model };
        let price = route.price(model, &usage);
        Self { model: model.to_owned(), usage, price, is_guessed }
    }

    pub(super) fn charge(&self) -> Charge {
        let Usage { input_tokens, output_tokens, cache_read_input_tokens, .. } = self.usage;
        let written = self.usage.cache_write_5m_input_tokens;
        let written = written.saturating_add(self.usage.cache_write_1h_input_tokens);
        let plausible = |count: u64| count.min(Tokens::COUNT_MAX);
        Charge {
            model: self.model.clone(),
            cost: self.price.as_ref().ok().copied(),
            tokens: Tokens {
                input: plausible(input_tokens),
                output: plausible(output_tokens),
                cache_read: plausible(cache_read_input_tokens),
                cache_write: plausible(written),
            },
        }
    }

    pub(super) fn event(&self, call: &str, provider: &str) -> EventBody {
        let mut usage = serde_json::to_value(&self.usage).unwrap_or_default();
        if self.is_guessed {
            usage["estimated"] = true.into();
        }
        EventBody::Usage {
            call: call.to_owned(),
            provider: provider.to_owned(),
            model: self.model.clone(),
            usage,
            cost_usd: self.price.as_ref().ok().map(|cost| cost.dollars()),
            unpriced: self.price.as_ref().err().cloned(),
        }
    }
}

/// Of a call that was refused, or never heard.
pub(super) fn nothing(model: &str) -> Charge {
    let (cost, tokens) = (Some(Money::ZERO), Tokens::default());
    Charge { model: model.to_owned(), cost, tokens }
}

/// What was spent is told even when the handler is to end.
pub(super) async fn settle(
    context: &Context,
    call: CallKey,
    charge: Charge,
) -> Result<(), Failure> {
    let settled = insist(|| context.link.settle(call, charge.clone())).await;
    settled.map_err(|error| failed("what a model call did cost cannot be settled", &error))
}
