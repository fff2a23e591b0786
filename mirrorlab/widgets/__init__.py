"""Views of memory for notebooks: each one class, one script, one style sheet. They need anywidget and ipywidgets."""
