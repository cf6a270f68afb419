//! Pushes of whole images against a registry that works, and against ones that do not.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::{slice, thread};

use super::{Amount, Known, PushError, Pushed, Pushing, TagOutcome, push};
use crate::code::{Code, Coded};
use crate::image::Publication;
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::oci::{Digest, MediaType};
use crate::registry::repository::Repository;
use crate::registry::sample::{
    Answer, Asked, Server, Shelf, answer, base_layer, publication, refusal, registries, repository, unseen,
    working,
};

const APP: &str = "acme/app";

fn push_to(
    to: &Repository,
    publication: &Publication,
    tags: &[&str],
    known: &Known,
) -> Result<Pushed, PushError> {
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let interrupt = Interrupt::default();
    push(publication, to, &tags, &Pushing { transfers: 3, known, progress: &unseen, interrupt: &interrupt })
}

/// A registry that `answer` stands before, given the number of each request.
fn before(
    answer: impl Fn(usize, &Asked) -> Option<Answer> + Send + Sync + 'static,
) -> (Arc<Shelf>, Server, Repository) {
    let (shelf, number) = (Arc::<Shelf>::default(), AtomicUsize::new(0));
    let kept = Arc::clone(&shelf);
    let server = Server::start(move |asked| {
        answer(number.fetch_add(1, Ordering::Relaxed), asked).unwrap_or_else(|| kept.answer(asked))
    });
    let repository = repository(&server);
    (shelf, server, repository)
}

fn code(result: Result<Pushed, PushError>) -> Code {
    result.unwrap_err().code()
}

/// Whether a tag leads to an index all of which is there.
fn is_complete(shelf: &Shelf, tag: &str, publication: &Publication) -> bool {
    let blobs = shelf.blobs.lock().unwrap();
    let manifests = shelf.manifests.lock().unwrap();
    let has_blob = |digest: Digest| blobs.contains_key(&format!("{APP} {digest}"));
    let has_image = |image: &crate::image::PublishedImage| {
        manifests.contains_key(&format!("{APP} {}", Digest::of(&image.manifest)))
            && has_blob(Digest::of(&image.config))
            && image.layers.iter().all(|layer| has_blob(layer.descriptor.digest))
    };
    shelf.tag(APP, tag) == Some(Digest::of(&publication.index)) && publication.images.iter().all(has_image)
}

#[test]
fn r20_nothing_is_put_before_what_it_names_and_tags_come_last() {
    let (shelf, server, repository) = working();
    let image = publication("one");
    let pushed = push_to(&repository, &image, &["latest", "1", "1.2"], &Known::default()).unwrap();
    let tags = pushed.tags.iter().map(|(tag, outcome)| (tag.as_str(), *outcome));
    assert!(tags.eq([
        ("latest", TagOutcome::Created),
        ("1", TagOutcome::Created),
        ("1.2", TagOutcome::Created)
    ]));
    let bytes =
        image.stored_bytes() + image.images.iter().map(|image| image.config.len() as u64).sum::<u64>();
    assert_eq!(pushed.uploaded, Amount { blobs: 5, bytes });
    assert_eq!((pushed.mounted, pushed.present), (Amount::default(), Amount::default()));
    assert!(["latest", "1", "1.2"].iter().all(|tag| is_complete(&shelf, tag, &image)));
    let lines = server.lines();
    let index = Digest::of(&image.index);
    let end: Vec<_> =
        lines.iter().skip(lines.len() - 10).map(|line| line.replace("/v2/acme/app/manifests", "")).collect();
    let [amd64, arm64] = [0, 1].map(|n| format!("PUT /{}", Digest::of(&image.images[n].manifest)));
    assert!(end[..2].contains(&amd64) && end[..2].contains(&arm64), "{end:?}");
    let rest =
        ["PUT /I", "GET /I", "PUT /1.2", "HEAD /1.2", "PUT /1", "HEAD /1", "PUT /latest", "HEAD /latest"];
    assert_eq!(end[2..], rest.map(|line| line.replace("I", &index.to_string())));
    let last_blob = lines.iter().rposition(|line| line.contains("/blobs/")).unwrap();
    assert_eq!(last_blob, lines.len() - 11);
}

#[test]
fn a_tag_that_leads_there_already_costs_one_request() {
    let (_shelf, server, repository) = working();
    let image = publication("one");
    push_to(&repository, &image, &["1", "2"], &Known::default()).unwrap();
    let before = server.lines().len();
    let pushed = push_to(&repository, &image, &["1", "2"], &Known::default()).unwrap();
    assert_eq!(server.lines().len() - before, 2);
    assert!(pushed.tags.iter().all(|(_, outcome)| *outcome == TagOutcome::Unchanged));
    // Another tag costs three, for everything else is there.
    push_to(&repository, &image, &["1", "3"], &Known::default()).unwrap();
    assert_eq!(server.lines()[before + 2..].len(), 4);
}

#[test]
fn another_config_moves_no_layer() {
    let (shelf, server, repository) = working();
    let known = Known::default();
    push_to(&repository, &publication("one"), &["1"], &known).unwrap();
    let second = publication("two");
    let pushed = push_to(&repository, &second, &["1"], &Known::default()).unwrap();
    assert_eq!((pushed.uploaded.blobs, pushed.present.blobs), (2, 3));
    let first = Digest::of(&publication("one").index);
    assert_eq!(pushed.tags, [("1".to_owned(), TagOutcome::Moved { from: first })]);
    assert!(is_complete(&shelf, "1", &second));
    // What this process has pushed there is not even asked for.
    let heads = server.count("HEAD", "/blobs/");
    push_to(&repository, &publication("three"), &["1"], &known).unwrap();
    assert_eq!(server.count("HEAD", "/blobs/"), heads);
}

#[test]
fn base_layers_of_the_same_registry_are_mounted_and_of_the_same_repository_left_alone() {
    let (shelf, server, app) = working();
    shelf.put_blob("dhi/base", &base_layer());
    shelf.put_blob(APP, &base_layer());
    for (home, mounts) in [("dhi/base", 1), (APP, 0)] {
        let base = registries(&Limits::default()).repository(&server.host, home);
        let mut image = publication(home);
        for image in &mut image.images {
            image.layers[0].blob = Arc::new(base.clone());
        }
        shelf.blobs.lock().unwrap().remove(&format!("{APP} {}", Digest::of(&base_layer()))).unwrap();
        if home == APP {
            shelf.put_blob(APP, &base_layer());
        }
        let pushed = push_to(&app, &image, &[&home.replace('/', "-")], &Known::default()).unwrap();
        assert_eq!(pushed.mounted, Amount { blobs: mounts, bytes: 100_000 * mounts });
        assert_eq!(server.count("POST", "from=dhi%2Fbase"), 1);
        assert_eq!(base.shared().traffic().requests(), 0, "no byte of it is read");
    }
}

#[test]
fn base_layers_of_another_registry_are_streamed() {
    let (source, _other, base) = working();
    source.put_blob(APP, &base_layer());
    let (shelf, server, app) = working();
    let mut image = publication("one");
    for image in &mut image.images {
        image.layers[0].blob = Arc::new(base.clone());
    }
    push_to(&app, &image, &["1"], &Known::default()).unwrap();
    assert!(is_complete(&shelf, "1", &image));
    assert_eq!(server.count("POST", "mount="), 0);
    assert_eq!(base.shared().traffic().blob_bytes_in(), 100_000);
}

#[test]
fn r05_a_manifest_that_registries_do_not_take_is_refused_before_anything_is_sent() {
    let (_shelf, server, _) = working();
    let image = publication("one");
    let size = image.images[0].manifest.len() as u64;
    let limits = Limits { written_document_bytes: size - 1, ..Limits::default() };
    let repository = registries(&limits).repository(&server.host, APP);
    assert_eq!(code(push_to(&repository, &image, &["1"], &Known::default())), Code::LimitManifest);
    assert!(server.lines().is_empty());
}

#[test]
fn what_does_not_belong_together_is_not_sent() {
    let (_shelf, server, repository) = working();
    let broken: [fn(&mut Publication); 5] = [
        |image| drop(image.images.pop()),
        |image| image.images.swap(0, 1),
        |image| image.images[0].config.push(b' '),
        |image| drop(image.images[1].layers.pop()),
        |image| image.images[0].layers[0].descriptor.size += 1,
    ];
    for broken in broken {
        let mut image = publication("one");
        broken(&mut image);
        assert_eq!(code(push_to(&repository, &image, &["1"], &Known::default())), Code::Digest);
    }
    assert!(server.lines().is_empty());
}

#[test]
fn r16_a_registry_that_only_says_it_has_a_blob_gets_it_once_more() {
    let (shelf, server, repository) = before(|_, asked| asked.is("HEAD", "/blobs/").then(|| answer(200)));
    let image = publication("one");
    push_to(&repository, &image, &["1"], &Known::default()).unwrap();
    assert!(is_complete(&shelf, "1", &image));
    assert!(server.count("PUT", "/manifests/sha256") <= 5);
    // One that never has it is an error.
    let (shelf, server, repository) =
        before(|_, asked| asked.is("PUT", "/manifests/").then(|| refusal(404, "BLOB_UNKNOWN")));
    assert_eq!(code(push_to(&repository, &image, &["1"], &Known::default())), Code::Remote);
    assert!(server.count("PUT", "/manifests/") <= 4);
    assert_eq!(shelf.tag(APP, "1"), None);
}

#[test]
fn r19_a_tag_that_leads_elsewhere_after_the_push_is_told() {
    let other = Digest::of(b"other");
    let lead = move |_, asked: &Asked| {
        let is_read = asked.is("HEAD", "/manifests/1.2");
        is_read.then(|| {
            let said = answer(200).with("content-type", MediaType::Index).with("content-length", 2);
            said.with("docker-content-digest", other)
        })
    };
    let (shelf, _server, repository) = before(lead);
    let image = publication("one");
    let error = push_to(&repository, &image, &["1.2", "1"], &Known::default()).unwrap_err();
    assert_eq!(error.code(), Code::TagMoved);
    assert!(error.to_string().contains(&format!("`1.2` leads to {other}")), "{error}");
    assert!(is_complete(&shelf, "1", &image), "the other tag is put all the same");
}

#[test]
fn r18_wherever_a_push_fails_the_tag_is_old_or_complete_and_the_next_run_ends_the_same() {
    let (old, new) = (publication("old"), publication("new"));
    let old_index = Digest::of(&old.index);
    let clean = || {
        let (shelf, server, repository) = working();
        push_to(&repository, &old, &["1"], &Known::default()).unwrap();
        (shelf, server, repository)
    };
    let (shelf, server, repository) = clean();
    let first = server.lines().len();
    push_to(&repository, &new, &["1"], &Known::default()).unwrap();
    let (requests, end) = (server.lines().len() - first, shelf.manifests.lock().unwrap().clone());
    assert!(requests > 10);
    for fails_at in 0..requests {
        for loses in [false, true] {
            let is_over = Arc::new(AtomicBool::new(false));
            let (count, over) = (AtomicUsize::new(0), Arc::clone(&is_over));
            let (shelf, _, repository) = clean();
            let kept = Arc::clone(&shelf);
            let server = Server::start(move |asked| {
                let number = count.fetch_add(1, Ordering::Relaxed);
                if over.load(Ordering::Relaxed) || number < fails_at {
                    return kept.answer(asked);
                }
                // The registry did it, or did not, but nobody hears of that.
                if loses && number == fails_at {
                    kept.answer(asked);
                }
                answer(403)
            });
            drop(repository);
            let repository = crate::registry::sample::repository(&server);
            let result = push_to(&repository, &new, &["1"], &Known::default());
            assert!(result.is_err(), "{fails_at}");
            assert!(shelf.tag(APP, "1") == Some(old_index) || is_complete(&shelf, "1", &new), "{fails_at}");
            is_over.store(true, Ordering::Relaxed);
            push_to(&repository, &new, &["1"], &Known::default()).unwrap();
            assert!(is_complete(&shelf, "1", &new));
            assert_eq!(*shelf.manifests.lock().unwrap(), end);
        }
    }
}

#[test]
fn an_index_that_is_not_kept_as_it_was_put_gets_no_tag() {
    for kept in [answer(404), answer(200).body("{}")] {
        let reply = kept.clone();
        let (shelf, _server, repository) =
            before(move |_, asked| asked.is("GET", "/manifests/").then(|| reply.clone()));
        let image = publication("one");
        assert_eq!(code(push_to(&repository, &image, &["1"], &Known::default())), Code::Digest);
        assert_eq!(shelf.tag(APP, "1"), None);
    }
}

#[test]
fn an_interrupt_ends_a_push_before_its_next_request() {
    let interrupt = Interrupt::default();
    let signal = interrupt.signal();
    let (shelf, server, repository) = before(move |number, _| {
        if number == 4 {
            signal.store(2, Ordering::Relaxed);
        }
        None
    });
    let known = Known::default();
    let pushing = Pushing { transfers: 1, known: &known, progress: &unseen, interrupt: &interrupt };
    let error =
        push(&publication("one"), &repository, slice::from_ref(&"1".to_owned()), &pushing).unwrap_err();
    assert_eq!(error.code(), Code::Interrupted);
    assert!(server.lines().len() <= 7, "what was begun may end");
    assert_eq!(shelf.tag(APP, "1"), None);
}

#[test]
fn pushes_at_a_time_share_what_they_upload() {
    let (shelf, server, _) = working();
    let (known, registries) = (Known::default(), registries(&Limits::default()));
    thread::scope(|scope| {
        for n in 0..8 {
            let to = registries.repository(&server.host, if n % 2 == 0 { APP } else { "acme/other" });
            let known = &known;
            scope.spawn(move || {
                push_to(&to, &publication(&n.to_string()), &[&n.to_string()], known).unwrap();
            });
        }
    });
    let base = Digest::of(&base_layer());
    assert_eq!(server.count("PUT", &format!("digest={base}")), 1, "it is uploaded once");
    assert_eq!(server.count("POST", &format!("mount={base}")), 1, "and mounted once");
    assert!((0..8).step_by(2).all(|n| is_complete(&shelf, &n.to_string(), &publication(&n.to_string()))));
}

#[test]
fn progress_is_told_of_every_byte_once() {
    let (_shelf, _server, repository) = working();
    let (known, interrupt, told) = (Known::default(), Interrupt::default(), AtomicU64::new(0));
    let count = |bytes| _ = told.fetch_add(bytes, Ordering::Relaxed);
    let pushing = Pushing { transfers: 2, known: &known, progress: &count, interrupt: &interrupt };
    for text in ["one", "two"] {
        let image = publication(text);
        told.store(0, Ordering::Relaxed);
        push(&image, &repository, &["1".to_owned()], &pushing).unwrap();
        let configs: usize = image.images.iter().map(|image| image.config.len()).sum();
        assert_eq!(told.load(Ordering::Relaxed), image.stored_bytes() + configs as u64);
    }
}

#[test]
fn a_first_error_stops_the_other_transfers() {
    let (shelf, server, repository) =
        before(|_, asked| asked.is("POST", "/blobs/uploads/").then(|| refusal(403, "DENIED")));
    let errors = Mutex::new(Vec::new());
    errors.lock().unwrap().push(code(push_to(&repository, &publication("one"), &["1"], &Known::default())));
    assert_eq!(*errors.lock().unwrap(), [Code::Auth]);
    assert!(server.count("POST", "") <= 3);
    assert!(shelf.manifests.lock().unwrap().is_empty());
}
