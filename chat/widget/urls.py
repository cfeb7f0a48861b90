"""URLs of the visitor's side, mounted at the root."""

from django.urls import URLPattern, path

from chat.widget import views

urlpatterns: list[URLPattern] = [
    path("sdk.js", views.loader, name="loader"),
    path("widget/<slug:site>/", views.widget_page, name="widget"),
    path("h/<slug:site>/", views.h5_page, name="h5"),
    path("demo/", views.demo_page, name="demo"),
]
