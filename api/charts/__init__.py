"""Charts of nights as Vega-Lite specifications, made by Altair, and how they are drawn without a browser.

Every text, tick and hover value is put into words here, in the reader's language and the centre's zone; the browser
knows neither.
"""
