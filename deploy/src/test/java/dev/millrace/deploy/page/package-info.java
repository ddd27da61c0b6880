/**
 * The live page as a browser sees it.
 *
 * <p>In: the address of a running service. Out: a failed assertion, or a picture of the page. Depends on Playwright and
 * an installed Chromium alone. A check owns its browser and belongs to the thread that calls it.
 */
@NullMarked
package dev.millrace.deploy.page;

import org.jspecify.annotations.NullMarked;
