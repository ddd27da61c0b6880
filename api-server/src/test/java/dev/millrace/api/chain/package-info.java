/**
 * Which files may be read for somebody who orders a run.
 *
 * <p>In: places as callers write them. Out: what may be read, and nothing else.
 */
@NullMarked
package dev.millrace.api.chain;

import org.jspecify.annotations.NullMarked;
