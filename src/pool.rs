//! Work done by a few threads, until it is done or some of it fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Does `work` for each item, `threads` at a time at most, results in the order of the items. The first error keeps what
/// was not begun from being begun, and is returned when the rest has ended.
pub fn each<T: Sync, R: Send, E: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = threads.clamp(1, items.len().max(1));
    if threads == 1 {
        return items.iter().map(work).collect();
    }
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let run = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            match work(item) {
                Ok(result) => done.push((at, result)),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(done)
    };
    let ended: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|thread| thread.join()).collect()
    });
    let mut done = Vec::with_capacity(items.len());
    for ended in ended {
        done.extend(ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
    }
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        for threads in [0, 1, 3, 200] {
            let doubled = each(threads, &items, |item| Ok::<_, ()>(item * 2)).unwrap();
            assert!(doubled.iter().zip(&items).all(|(doubled, item)| *doubled == item * 2));
            assert_eq!(doubled.len(), items.len());
        }
    }

    #[test]
    fn after_an_error_nothing_more_is_begun() {
        for threads in [1, 4] {
            let begun = Mutex::new(Vec::new());
            let items: Vec<u32> = (0..1000).collect();
            let result = each(threads, &items, |item| {
                begun.lock().unwrap().push(*item);
                if *item == 10 { Err("ten") } else { Ok(()) }
            });
            assert_eq!(result, Err("ten"));
            assert!(begun.lock().unwrap().len() < 1000);
        }
    }
}
