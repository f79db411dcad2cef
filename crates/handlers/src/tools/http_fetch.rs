//! `http_fetch`: reads a page, following redirects with open eyes.

use std::rc::Rc;

use agent_runner_domain::job::Failure;
use async_trait::async_trait;
use reqwest::{
    Response,
    header::{ACCEPT, LOCATION},
};
use serde_json::json;
use tokio::task::spawn_blocking;
use url::Url;

use super::{
    Answer, Call, Definition, Output, Tool,
    bound::readable,
    net::{Body, Net, Unreachable, body},
};

pub(super) const NAME: &str = "http_fetch";

const REDIRECTS_MAX: usize = 5;
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Making text of HTML can take time that grows faster than the page.
const HTML_BYTES_MAX: usize = 1024 * 1024;
const COLUMNS: usize = 120;

pub(super) struct HttpFetch {
    definition: Definition,
    net: Rc<Net>,
}

impl HttpFetch {
    pub(super) fn new(net: Rc<Net>) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description: "Fetches a public http or https URL and returns its text; HTML is made \
                readable. Redirects are followed."
                .to_owned(),
            input_schema: json!({
                "type": "object", "required": ["url"], "additionalProperties": false,
                "properties": {"url": {"type": "string", "maxLength": 4096}},
            }),
        };
        Self { definition, net }
    }

    async fn fetch(&self, url: &str) -> Result<Output, Unreachable> {
        let mut url = Url::parse(url)
            .map_err(|error| Unreachable(format!("`url` is no absolute URL: {error}")))?;
        for _ in 0..=REDIRECTS_MAX {
            let request = self.net.client(&url)?.get(url.clone());
            let request = request.header(ACCEPT, "text/html, text/*, application/json, */*;q=0.5");
            let response = self.net.send(request).await?;
            match next(&url, &response)? {
                Some(elsewhere) => url = elsewhere,
                None => return told(&url, response).await,
            }
        }
        Err(Unreachable(format!("there were more than {REDIRECTS_MAX} redirects")))
    }
}

#[async_trait(?Send)]
impl Tool for HttpFetch {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let url = call.input["url"].as_str().unwrap_or_default();
        let fetched = self.fetch(url).await;
        Ok(fetched.unwrap_or_else(|error| Output::error(error.to_string())).into())
    }
}

fn next(from: &Url, response: &Response) -> Result<Option<Url>, Unreachable> {
    let location = response.headers().get(LOCATION);
    let Some(location) = location.filter(|_| response.status().is_redirection()) else {
        return Ok(None);
    };
    let to = location.to_str().ok().and_then(|text| from.join(text).ok());
    to.map(Some).ok_or_else(|| Unreachable("a redirect leads nowhere".to_owned()))
}

async fn told(url: &Url, response: Response) -> Result<Output, Unreachable> {
    let status = response.status();
    let body = body(response, BODY_BYTES_MAX).await?;
    let media_type = body.media_type.clone().unwrap_or_else(|| "unknown type".to_owned());
    let cut = if body.is_cut {
        format!(", the first {BODY_BYTES_MAX} bytes of more")
    } else {
        String::new()
    };
    let head = format!("{url}\nHTTP {status}, {media_type}{cut}\n\n");
    let content = head + &text(body).await;
    let sources = vec![url.to_string()];
    Ok(Output { is_error: !status.is_success(), sources, ..Output::said(content) })
}

async fn text(body: Body) -> String {
    let is_html = matches!(body.media_type.as_deref(), Some("text/html" | "application/xhtml+xml"));
    if !is_html {
        return readable(&body.bytes, body.media_type.as_deref());
    }
    let read = spawn_blocking(move || {
        let page = &body.bytes[..body.bytes.len().min(HTML_BYTES_MAX)];
        html2text::config::plain()
            .raw_mode(true)
            .allow_width_overflow()
            .string_from_read(page, COLUMNS)
    });
    match read.await {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => format!("[the page cannot be made readable: {error}]"),
        Err(_) => "[the page cannot be made readable]".to_owned(),
    }
}
