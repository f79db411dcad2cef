//! Tools that a payload describes.

use serde_json::{Value, json};

use super::{
    Play, call, calls, end, once,
    site::{Site, response},
};

fn weather(url: &str, more: &Value) -> Value {
    let mut tool = json!({
        "name": "get_weather", "description": "tells the weather", "url": url,
        "input_schema": {"type": "object", "required": ["city"], "properties":
            {"city": {"type": "string"}, "days": {"type": "integer"}}},
    });
    tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([tool])
}

#[tokio::test]
async fn the_input_goes_into_the_url_the_query_and_the_body() {
    let site = Site::start(|_| response(200, "", "sunny")).await;
    let input = json!({"city": "Köln/..", "days": 3});
    let tool = weather(&format!("{}/v1/{{city}}", site.url), &json!({}));
    assert_eq!(once(tool, "get_weather", input.clone()).await, ("sunny".to_owned(), false));
    let method = json!({"method": "PUT", "headers": {"x-unit": "celsius"}});
    let tool = weather(&format!("{}/v1?q={{city}}", site.url), &method);
    once(tool, "get_weather", input).await;
    let asked = site.asked();
    assert_eq!(asked[0].line, "GET /v1/K%C3%B6ln%2F..?days=3 HTTP/1.1");
    assert_eq!(asked[1].line, "PUT /v1?q=K%C3%B6ln%2F.. HTTP/1.1");
    assert_eq!(asked[1].body, r#"{"days":3}"#);
    assert!(asked[1].head.contains("x-unit: celsius"), "{}", asked[1].head);
}

#[tokio::test]
async fn a_secret_is_sent_and_never_shown() {
    // A server that says back what it was told.
    let site = Site::start(|asked| response(200, "", &asked.head)).await;
    let secret = json!({"secret_headers": {"authorization": "Bearer {weather_token}"}});
    let tools = weather(&site.url, &secret);
    let play =
        Play::of([calls(&[call("t1", "get_weather", json!({"city": "Ulm"}))]), end("done")]).await;
    play.world.set("AGENT_RUNNER_SECRET_WEATHER_TOKEN", "tok-12345");
    let ran = play.run(tools.clone()).await;
    assert!(site.asked()[0].head.contains("authorization: bearer tok-12345"));
    assert!(play.answer().0.contains("authorization: bearer [secret]"), "{}", play.answer().0);
    assert!(!format!("{:?}{}", ran.events, ran.result()).contains("tok-12345"));

    let missing = Play::of([]).await.failure(json!({"prompt": "go", "tools": tools})).await;
    assert!(
        missing.message.contains("set AGENT_RUNNER_SECRET_WEATHER_TOKEN"),
        "{}",
        missing.message
    );
}

#[tokio::test]
async fn what_a_server_does_wrong_is_told_to_the_model() {
    let site = Site::start(|asked| match asked.path() {
        "/teapot" => response(418, "content-type: application/json\r\n", r#"{"error": "teapot"}"#),
        "/away" => response(307, "location: http://example.com/\r\n", ""),
        "/binary" => response(200, "", [0xff_u8, 0, 1, 2]),
        _ => b"SSH-2.0-OpenSSH\r\n".to_vec(),
    })
    .await;
    let input = || json!({"city": "Ulm"});
    for (path, said) in [
        ("/teapot", "HTTP 418"),
        ("/away", "redirects to http://example.com/, which is not followed"),
        ("/ssh", "invalid HTTP"),
    ] {
        let tool = weather(&format!("{}{path}", site.url), &json!({"method": "POST"}));
        let (text, is_error) = once(tool, "get_weather", input()).await;
        assert!(is_error && text.contains(said), "{path}: {text}");
    }
    let tool = weather(&format!("{}/binary", site.url), &json!({"method": "POST"}));
    let (text, _) = once(tool, "get_weather", input()).await;
    assert_eq!(text, "[4 bytes of binary data, which are not shown]");
    let nobody = weather("http://127.0.0.1:1/", &json!({}));
    assert!(once(nobody, "get_weather", input()).await.0.contains("refused"));
}
