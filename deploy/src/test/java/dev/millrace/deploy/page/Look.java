package dev.millrace.deploy.page;

import com.microsoft.playwright.options.ColorScheme;

/** How somebody looks at a page. */
public enum Look {
    LIGHT(1360, 900, ColorScheme.LIGHT),
    DARK(1360, 900, ColorScheme.DARK),
    PHONE(390, 844, ColorScheme.LIGHT),
    PHONE_DARK(390, 844, ColorScheme.DARK);

    final int width;
    final int height;
    final ColorScheme colors;

    Look(int width, int height, ColorScheme colors) {
        this.width = width;
        this.height = height;
        this.colors = colors;
    }
}
