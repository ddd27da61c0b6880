/**
 * The service beneath both doors: what a request of any transport means, its checks, bounds and measures, in one place.
 *
 * <p>In: documents as {@code api.json} reads them, from HTTP or gRPC. Out: answers as records, or problems. Depends on every
 * room of dev.millrace.api but the doors. Runs on its caller's (virtual) thread.
 */
@NullMarked
package dev.millrace.api.desk;

import org.jspecify.annotations.NullMarked;
