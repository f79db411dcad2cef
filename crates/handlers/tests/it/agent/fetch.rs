//! `http_fetch`.

use serde_json::json;

use super::{
    Play, call, calls, end, once,
    site::{Site, response},
};

const HTML: &str = "content-type: text/html; charset=utf-8\r\n";

async fn fetch(url: &str) -> (String, bool) {
    once(json!(["http_fetch"]), "http_fetch", json!({"url": url})).await
}

#[tokio::test]
async fn a_page_is_made_readable() {
    let page = "<html><head><title>T</title><style>p {}</style><script>alert(1)</script></head>\
        <body><h1>Tides</h1><p>Twice a <a href='/moon'>day</a> &amp; night.</p></body></html>";
    let site = Site::start(move |_| response(200, HTML, page)).await;
    let (text, is_error) = fetch(&site.url).await;
    assert!(!is_error);
    for part in ["HTTP 200", "# Tides", "Twice a [day][1] & night.", "[1]: /moon"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("alert") && !text.contains("p {}"), "{text}");
}

#[tokio::test]
async fn errors_binaries_and_too_much_are_said_to_be_so() {
    let site = Site::start(|asked| match asked.path() {
        "/gone" => response(410, "content-type: text/plain\r\n", "It has gone."),
        "/png" => response(200, "content-type: image/png\r\n", b"\x89PNG\r\n\x1a\n\0\0\0\0"),
        "/huge" => response(200, "content-type: text/plain\r\n", "x".repeat(10 << 20)),
        _ => response(200, HTML, "<div>".repeat(50)),
    })
    .await;
    let (text, is_error) = fetch(&format!("{}/gone", site.url)).await;
    assert!(is_error && text.contains("HTTP 410") && text.ends_with("It has gone."), "{text}");
    let (text, _) = fetch(&format!("{}/png", site.url)).await;
    assert!(text.contains("[12 bytes of image/png, which are not shown]"), "{text}");
    let (text, _) = fetch(&format!("{}/huge", site.url)).await;
    assert!(text.contains("the first 2097152 bytes of more"), "{}", &text[..200]);
    assert!(text.chars().count() < 61_000 && text.contains("are left out here"));
    fetch(&site.url).await;
}

#[tokio::test]
async fn redirects_are_followed_but_not_for_ever() {
    let site = Site::start(|asked| match asked.path() {
        "/a" => response(302, "location: /b?x=1\r\n", ""),
        "/b?x=1" => response(200, "", "here"),
        "/nowhere" => response(302, "location: http://\r\n", ""),
        _ => response(302, "location: /loop\r\n", ""),
    })
    .await;
    let (text, is_error) = fetch(&format!("{}/a", site.url)).await;
    assert!(!is_error && text.contains("/b?x=1\n") && text.ends_with("here"), "{text}");
    let (text, is_error) = fetch(&format!("{}/loop", site.url)).await;
    assert!(is_error && text.contains("more than 5 redirects"), "{text}");
    assert!(fetch(&format!("{}/nowhere", site.url)).await.0.contains("leads nowhere"));
}

#[tokio::test]
async fn private_addresses_are_refused_unless_the_operator_allows_them() {
    let site = Site::start(|_| response(200, "", "secret")).await;
    for url in [
        site.url.clone(),
        site.url.replace("127.0.0.1", "localhost"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::ffff:169.254.169.254]/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "no url".to_owned(),
    ] {
        let play =
            Play::of([calls(&[call("t1", "http_fetch", json!({"url": url}))]), end("done")]).await;
        play.world.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "0");
        play.run(json!(["http_fetch"])).await.result();
        let (text, is_error) = play.answer();
        assert!(is_error && !text.contains("secret"), "{url}: {text}");
    }
    assert!(site.asked().is_empty());
}
