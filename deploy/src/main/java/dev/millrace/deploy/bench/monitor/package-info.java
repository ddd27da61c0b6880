/**
 * What watching costs: how smoothly and how soon the page draws in a real browser, and what monitoring takes from serving.
 *
 * <p>In: recorded data, a launcher, an installed Chromium. Out: figures. Depends on the launcher (services run as processes of
 * their own), loadtest and nothing else: the browser is spoken to over its own debugging port. One thread.
 */
@NullMarked
package dev.millrace.deploy.bench.monitor;

import org.jspecify.annotations.NullMarked;
