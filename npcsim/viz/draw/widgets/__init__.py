"""What panes and forms are made of: buttons, tabs, text fields, pages of lines that lead somewhere.

Own widgets, few and small. pygame-gui needs pygame-ce, which cannot stand beside pygame;
pygame-menu (for plain pygame) is made for menus that own the screen and its events: it has no pane
that is drawn anew from live data each frame, and no lines in one that lead elsewhere.
"""
