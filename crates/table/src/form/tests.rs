//! Declared forms of dates.

use super::*;
use crate::literal::date_text;

fn form(text: &str) -> Result<Form, Failure> {
    Form::read(text)
}

fn read(form_text: &str, text: &str) -> Option<String> {
    form(form_text).unwrap().moment(text.as_bytes()).map(date_text)
}

#[test]
fn every_directive() {
    let expected = Some("2024-01-31T22:05:09.250".to_string());
    assert_eq!(read("%Y%m%d%H%M%S.%f", "20240131220509.25"), expected);
    assert_eq!(read("%d %B %y, %I:%M:%S.%f%p", "31 January 24, 10:05:09.25pm"), expected);
    assert_eq!(read("%d/%b/%Y:%H:%M:%S.%f %z", "31/Jan/2024:23:05:09.25 +0100"), expected);
    assert_eq!(read("100%% %d.%m.%Y ö", "100% 31.1.2024 ö"), Some("2024-01-31".into()));
    assert_eq!(read("%y-%m-%d", "68-01-01"), Some("2068-01-01".into()));
    assert_eq!(read("%y-%m-%d", "69-01-01"), Some("1969-01-01".into()));
    assert_eq!(read("%d.%m.%Y", "31.1.2024 10:00"), Some("2024-01-31T10:00:00".into()));
    assert_eq!(read("%m/%d/%Y %I %p", "1/2/2024 12 AM"), Some("2024-01-02".into()));
}

#[test]
fn seconds_since_1970() {
    assert_eq!(read("%s", "1710028800"), Some("2024-03-10".into()));
    assert_eq!(read("%s.%f", "1710028800.5"), Some("2024-03-10T00:00:00.500".into()));
    assert_eq!(read("%s", "-86400"), Some("1969-12-31".into()));
    assert_eq!(read("%s.%f", "-0.5"), Some("1969-12-31T23:59:59.500".into()));
    assert_eq!(read("%s", "999999999999999999"), None);
    assert!(form("%Y %s").unwrap_err().message.contains("stands for all"));
}

#[test]
fn what_is_not_of_the_form_is_none() {
    for (form, text) in [
        ("%d.%m.%Y", "31.2.2024"),
        ("%d.%m.%Y", "31.1.2024x"),
        ("%d.%m.%Y", "31.1.24"),
        ("%d.%m.%Y", "31.1.2024 "),
        ("%d.%m.%Y %H", "31.1.2024 24"),
        ("%d.%m.%Y %I %p", "31.1.2024 0 AM"),
        ("%d.%m.%Y %H:%M %z", "31.1.2024 10:00"),
        ("%d.%m.%Y %H:%M %z", "1.1.0000 00:00 +0100"),
        ("%d.%m.%Y", ""),
    ] {
        assert_eq!(read(form, text), None, "{form} {text}");
    }
}

#[test]
fn forms_that_are_none_say_why() {
    let why = |text: &str| {
        let failure = form(text).unwrap_err();
        assert_eq!(failure.code, code::BAD_VALUE);
        failure.message
    };
    assert!(why("%d.%m.%q").contains("`%q` is not one of %Y %y"));
    assert!(why("%d.%m.%").contains("`%` is not one of"));
    assert!(why("%d.%m").contains("has no year"));
    assert!(why("%Y-%m").contains("has no day"));
    assert!(why("%d %H %Y").contains("has no month"));
    assert!(why("%d.%m.%Y %I").contains("go together"));
}

#[test]
fn zones_by_name_or_by_option() {
    let moment = |form: &Form, text: &str| form.moment(text.as_bytes()).map(literal::date_text);
    let named = Form::read("%Y-%m-%dT%H:%M:%S[%Q]").unwrap();
    assert_eq!(moment(&named, "2024-03-10T02:30:00[Europe/Berlin]").unwrap(), "2024-03-10T01:30:00");
    assert_eq!(moment(&named, "2024-03-10T02:30:00[America/Port-au-Prince]").unwrap(), "2024-03-10T07:30:00");
    assert_eq!(moment(&named, "2024-03-10T02:30:00[Europe/Nowhere]"), None);
    assert_eq!(moment(&named, "2024-03-10T02:30:00[]"), None);
    let both = Form::read("%Y-%m-%dT%H:%M:%S%z[%Q]").unwrap();
    assert_eq!(moment(&both, "2024-10-27T02:30:00+01:00[Europe/Berlin]").unwrap(), "2024-10-27T01:30:00");
    assert_eq!(moment(&both, "2024-10-27T02:30:00+05:00[Europe/Berlin]"), None, "the offset is none of the zone");
    let berlin = Zone::read("Europe/Berlin").unwrap();
    let given = Form::read("%d.%m.%Y %H:%M").unwrap().in_zone(berlin.clone()).unwrap();
    assert_eq!(moment(&given, "01.07.2024 00:00").unwrap(), "2024-06-30T22:00:00");
    for form in ["%Y-%m-%d %H:%M%z", "%Y-%m-%d %H:%M %Q", "%s"] {
        assert!(Form::read(form).unwrap().in_zone(berlin.clone()).is_err(), "{form}");
    }
}
