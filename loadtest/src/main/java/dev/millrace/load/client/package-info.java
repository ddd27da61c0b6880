/**
 * The HTTP client of Millrace's public API, as a patient site would write it.
 *
 * <p>In: rank requests, events, profiles. Out: answers, or a {@link dev.millrace.load.client.ClientException}. Depends
 * on the JDK's HttpClient and Jackson, on no other module. A client is shared by threads and blocks the caller's.
 */
@NullMarked
package dev.millrace.load.client;

import org.jspecify.annotations.NullMarked;
