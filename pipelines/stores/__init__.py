"""Where results are kept between assets, and who may write there."""
