"""The web pages; see `pages`. Nothing in here is imported before the first page is asked for (`control.door`)."""
