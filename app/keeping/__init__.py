"""Keeping: what is said is written down as the turn goes, and told to the other tabs.

A session tells its ``Keeper`` (``keeper``) what happens. That makes messages of it in the ``Conversation``
(``conversation``) that it shares with the other sessions there; each change goes to the one ``Writer``
(``writer``), who puts it into the archive, and to the ``Desk`` (``desk``), who tells the others. Titles
(``titles``) and sounds (``sounds``) are made when they disturb nobody.
"""
