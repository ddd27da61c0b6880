/**
 * The HTTP edge: routes, problems for everything that is refused, health, the live page's files.
 *
 * <p>In: HTTP. Out: JSON, problems, server-sent events. Depends on Micronaut and the rooms of dev.millrace.api. Handlers run
 * on virtual threads; nothing blocks the event loop.
 */
@NullMarked
package dev.millrace.api.http;

import org.jspecify.annotations.NullMarked;
