//! The page on which a person decides: who may see it, what it takes, and how it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::ChildStdout;

use crate::review::pending;
use crate::workplace::{PATIENCE, Running, Workplace, send};

const BUNDLE: &str = "out.preflight.zip";

/// Headers by name.
type Headers<'h> = &'h [(&'h str, &'h str)];

/// A review that is being served.
struct Served {
    process: Running,
    stdout: BufReader<ChildStdout>,
    /// Host and port.
    authority: String,
    /// What the link asks for.
    opening: String,
}

impl Served {
    fn start(place: &Workplace, options: &str) -> Self {
        let line = format!("review {BUNDLE} {options}");
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut process = Running::start(&mut place.command(&arguments));
        let mut stdout = BufReader::new(process.stdout());
        let mut link = String::new();
        stdout.read_line(&mut link).unwrap();
        let (authority, opening) = link
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .unwrap_or_else(|| panic!("a link is printed: {link}"));
        Self {
            authority: authority.to_owned(),
            opening: format!("/{opening}"),
            process,
            stdout,
        }
    }

    /// What is answered to a request: status, head, body.
    fn ask(&self, request: &str, headers: Headers, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = format!("{request} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text += &format!("Host: {}\r\n", self.authority);
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        let length = body.len();
        text += &format!("Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    /// Opens the link: the cookie, and where the page is.
    fn open(&self) -> (String, String) {
        let (status, head, _) = self.ask(&format!("GET {}", self.opening), &[], "");
        assert_eq!(status, 303, "{head}");
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.find(|(own, _)| *own == name);
            found
                .unwrap_or_else(|| panic!("{name}: {head}"))
                .1
                .to_owned()
        };
        let cookie = header("set-cookie");
        let place = header("location");
        assert!(
            cookie.ends_with(&format!("; path={place}; httponly; samesite=strict")),
            "{cookie}"
        );
        (cookie.split(';').next().unwrap().to_owned(), place)
    }
}

/// The value of the hidden field.
fn secret(page: &str) -> String {
    let start = page.find("name=\"form\" value=\"").unwrap() + 19;
    page[start..].split('"').next().unwrap().to_owned()
}

#[test]
fn the_page_is_for_one_browser_and_ends_with_a_signature() {
    let place = pending();
    let sealed = place.bytes(BUNDLE);
    let mut served = Served::start(&place, "--sign-key reviewer.key --trust provider.pub");
    let own = format!("http://{}", served.authority);
    let strange_link = served.ask("GET /?token=0123456789abcdef", &[], "");
    assert_eq!(strange_link.0, 403);
    let (cookie, path) = served.open();
    let (get, post) = (format!("GET {path}"), format!("POST {path}"));
    let again = served.ask(&format!("GET {}", served.opening), &[], "");
    assert_eq!(again.0, 403);
    assert!(again.2.contains("works once"), "{}", again.2);

    let (status, head, page) = served.ask(&get, &[("Cookie", &cookie)], "");
    assert_eq!(status, 200);
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(head.contains("frame-ancestors 'none'"), "{head}");
    assert!(page.contains("form-action 'self'"));
    let [first, second] = ["decision-0", "decision-1"].map(|name| page.find(name).unwrap());
    assert!(first < second && second < page.find("id=\"requirements\"").unwrap());

    let secret = secret(&page);
    let filled = |name: &str, first: &str, second: &str| {
        format!(
            "form={secret}&decision-0={first}&reason-0=As+agreed.&decision-1={second}&reason-1=&by={name}"
        )
    };
    let sound = filled("Jo+Reviewer", "accept", "undecided");
    let (browser, site) = (("Cookie", cookie.as_str()), ("Origin", own.as_str()));
    let long = format!("{sound}&by={}", "x".repeat(4 * 1024 * 1024));
    let forged = sound.replace(&secret, "0");
    let strange = sound.replace("accept", "maybe");
    // request, headers, body, status
    let table: [(&str, Headers, &str, u16); 13] = [
        (&get, &[], "", 403),
        (&get, &[("Cookie", "preflight-review=0")], "", 403),
        (&get, &[browser, ("Host", "evil.invalid")], "", 403),
        (&get, &[browser, ("Host", "localhost:80")], "", 403),
        (&get, &[browser, ("Sec-Fetch-Site", "cross-site")], "", 403),
        ("GET /results.json", &[browser], "", 404),
        (&get.replace("GET", "PUT"), &[browser, site], "", 405),
        (&post, &[browser], &sound, 403),
        (&post, &[browser, ("Origin", "null")], &sound, 403),
        (&post, &[site], &sound, 403),
        (&post, &[browser, site], &forged, 400),
        (&post, &[browser, site], &strange, 400),
        (&post, &[browser, site], &long, 413),
    ];
    for (request, headers, body, expected) in table {
        let (status, _, told) = served.ask(request, headers, body);
        assert_eq!(status, expected, "{request} {headers:?}: {told}");
    }
    let (status, _, page) = served.ask(&post, &[browser, site], &filled("", "accept", "reject"));
    assert_eq!(status, 422);
    assert!(
        page.contains("the reviewer&#39;s name is missing")
            || page.contains("the reviewer's name is missing")
    );
    assert!(page.contains("BK-08: the reason is missing"));
    // What was filled in is still there.
    assert!(page.contains("As agreed.</textarea>"));
    assert_eq!(place.bytes(BUNDLE), sealed);

    let (status, _, page) = served.ask(&post, &[browser, site], &sound);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("The review is signed"), "{page}");
    let mut rest = String::new();
    served.stdout.read_to_string(&mut rest).unwrap();
    place.finish(served.process).expect(4);
    assert!(
        rest.starts_with("review    Jo Reviewer, signed with the key "),
        "{rest}"
    );
    assert!(rest.contains("1 of 2 decided"), "{rest}");
    let verify = "verify out.preflight.zip --trust provider.pub --trust-reviewer reviewer.pub";
    let verified = place.line(verify).expect(0);
    assert!(
        verified
            .stdout
            .contains("  accepted  BK-02 connector: As agreed.\n"),
        "{verified:?}"
    );
}

#[test]
fn whoever_cannot_sign_can_read() {
    let place = pending();
    place.write(
        "decisions.toml",
        "by = 'Jo'\n[[decision]]\ncheck = 'BK-02'\ndecision = 'reject'\nreason = 'Not <yet>.'\n",
    );
    let signed = "review out.preflight.zip --sign-key reviewer.key --decisions decisions.toml";
    place.line(signed).expect(1);
    let reviewed = place.bytes(BUNDLE);
    let served = Served::start(&place, "");
    let (cookie, path) = served.open();
    let (_, _, page) = served.ask(&format!("GET {path}"), &[("Cookie", &cookie)], "");
    assert!(page.contains("This can only be read"));
    assert!(page.contains("<strong>rejected</strong>: Not &lt;yet&gt;."));
    assert!(page.contains("Jo reviewed this bundle at "));
    assert!(!page.contains("<form class=\"sign\"") && !page.contains("<textarea"));
    let own = format!("http://{}", served.authority);
    let headers = [("Cookie", cookie.as_str()), ("Origin", own.as_str())];
    let (status, _, told) = served.ask(&format!("POST {path}"), &headers, "form=&by=x");
    assert_eq!(
        (status, told.as_str()),
        (403, "nobody signs: the page can only be read\n")
    );
    send("INT", served.process.id());
    let ended = place.finish(served.process).expect(130);
    assert!(ended.stderr.contains("nothing was signed"), "{ended:?}");
    assert_eq!(place.bytes(BUNDLE), reviewed);
}

#[test]
fn what_changed_meanwhile_is_not_overwritten() {
    let place = pending();
    let served = Served::start(&place, "--sign-key reviewer.key");
    let (cookie, path) = served.open();
    let own = format!("http://{}", served.authority);
    let headers = [("Cookie", cookie.as_str()), ("Origin", own.as_str())];
    let (_, _, page) = served.ask(&format!("GET {path}"), &headers[..1], "");
    place.write(BUNDLE, "another");
    let filled = format!(
        "form={}&decision-0=accept&reason-0=x&decision-1=accept&reason-1=y&by=Jo",
        secret(&page)
    );
    let (status, _, page) = served.ask(&format!("POST {path}"), &headers, &filled);
    assert_eq!(status, 500);
    assert!(
        page.contains("was changed since it was looked at"),
        "{page}"
    );
    assert_eq!(place.read(BUNDLE), "another");
    send("TERM", served.process.id());
    place.finish(served.process).expect(130);
}
